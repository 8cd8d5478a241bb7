/**
 * Memory that jsfive reads a file from, and that ends the reading when the file makes it work more than its size allows.
 *
 * jsfive follows the addresses of a file as they are: tables that list each other, or one table a thousand times, would
 * keep it busy for hours. It fetches the signature of every table through `slice`, where this class counts: each entry of
 * a table takes bytes of the file and is read once, so an honest file stays far below the limit. Tables of newer forms,
 * which h5py writes only when asked for, are refused.
 */

/** The failure of a guard; `what` continues a sentence. */
export class Hdf5Fault extends Error {
  readonly newer: boolean;

  constructor(what: string, newer: boolean = false) {
    super(what);
    this.newer = newer;
  }
}

/** The bytes of an HDF5 file as jsfive wants them. */
export class GuardedBuffer extends ArrayBuffer {
  private readonly view: Uint8Array;
  private slices: number;
  private work: number;

  constructor(bytes: Uint8Array) {
    super(bytes.length);
    this.view = new Uint8Array(this);
    this.view.set(bytes);
    // Every part is visited a few times at most; the rest is room for small files.
    this.slices = 1000 + bytes.length / 4;
    this.work = 65_536 + bytes.length * 16;
  }

  /** Counts bytes that are about to be read. Throws {@link Hdf5Fault} when it becomes too much. */
  charge(bytes: number): void {
    this.work -= bytes;
    if (!(this.work >= 0)) throw new Hdf5Fault('its tables refer to each other or to themselves');
  }

  override slice(start: number = 0, end: number = this.byteLength): ArrayBuffer {
    if (--this.slices < 0) throw new Hdf5Fault('its tables refer to each other or to themselves');
    if (!(start >= 0 && end >= start && end <= this.byteLength)) {
      throw new Hdf5Fault('an address lies outside of the file: it is cut off or damaged');
    }
    this.charge(end - start);
    if (end - start === 4) this.enterTable(start);
    const copy = new ArrayBuffer(end - start);
    new Uint8Array(copy).set(this.view.subarray(start, end));
    return copy;
  }

  private enterTable(start: number): void {
    const signature = String.fromCharCode(...this.view.subarray(start, start + 4));
    if (/^(FRHP|FHDB|FHIB|BTHD|BTIN|BTLF)$/.test(signature)) {
      throw new Hdf5Fault('it uses groups of a newer form of HDF5', true);
    }
    // jsfive does not look at the signature itself. A name of four letters comes by here too, and costs nothing much.
    const entryBytes = signature === 'SNOD' ? 40 : 16;
    const at = start + 6;
    this.charge(entryBytes * ((this.view[at] ?? 0) + 256 * (this.view[at + 1] ?? 0)));
  }
}
