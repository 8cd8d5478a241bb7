/**
 * Files for what does not fit into memory. They have no name while they are in use (where the system allows that), so that
 * nothing is left of them however the process ends. A full disk is an error before it harms others.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../data-error.ts';

/** Space that is left to the rest of the system. */
const reserve = 64 << 20;
/** Bytes written between two looks at the free space. */
const interval = 32 << 20;

/** All scratch files of one task. */
export class ScratchSpace {
  readonly folder: string;
  readonly #files = new Set<ScratchFile>();
  #bytes: number = 0;
  #peak: number = 0;
  #unchecked: number = 0;

  /** The folder is made when it is missing. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Bytes on the disk now, and at most. */
  get bytes(): number {
    return this.#bytes;
  }
  get peakBytes(): number {
    return this.#peak;
  }

  /** A new, empty file. Errors: `file`. */
  async file(): Promise<ScratchFile> {
    const path = join(this.folder, `.rheo-${randomUUID()}.scratch`);
    try {
      await mkdir(this.folder, { recursive: true });
      const handle = await open(path, 'wx+', 0o600);
      const named = process.platform === 'win32' ? path : undefined;
      if (named === undefined) await rm(path);
      const file = new ScratchFile(this, handle, named);
      this.#files.add(file);
      return file;
    } catch (cause) {
      throw unusable(this.folder, cause);
    }
  }

  /** Errors: `file` when too little would be left. */
  async claim(bytes: number): Promise<void> {
    this.#bytes += bytes;
    this.#peak = Math.max(this.#peak, this.#bytes);
    this.#unchecked += bytes;
    if (this.#unchecked < interval) return;
    this.#unchecked = 0;
    await this.checkFree(interval);
  }

  /** Errors: `file` unless so many bytes can be written. */
  async checkFree(bytes: number): Promise<void> {
    const free = await statfs(this.folder).then(
      ({ bavail, bsize }) => bavail * bsize,
      (cause: unknown) => {
        throw unusable(this.folder, cause);
      },
    );
    if (free >= bytes + reserve) return;
    const what = `${megabytes(free)} are free on the disk where ${megabytes(bytes + reserve)} are needed`;
    throw new DataError('file', what, { file: this.folder, remedy: 'Free some space, or name another folder.' });
  }

  /** Takes a file out of the count. */
  release(file: ScratchFile, bytes: number): void {
    if (this.#files.delete(file)) this.#bytes -= bytes;
  }

  /** Closes and removes all files. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#files].map((file) => file.close()));
  }
}

/** Of Node's `FileHandle`, what is used: declarations do without Node's types. */
interface Handle {
  readv(views: readonly Uint8Array[], position: number): Promise<{ readonly bytesRead: number }>;
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

/** Small pieces are written together. */
const bufferBytes = 1 << 18;

/** A file that only grows, and is read anywhere; one at a time writes, and reads once that is done. */
export class ScratchFile {
  readonly #space: ScratchSpace;
  readonly #handle: Handle;
  readonly #path: string | undefined;
  #bytes: number = 0;
  /** Bytes that are not on the disk yet stand at the front of the buffer. */
  #buffer: Uint8Array | undefined;
  #pending: number = 0;
  #closed: Promise<void> | undefined;

  constructor(space: ScratchSpace, handle: Handle, path: string | undefined) {
    this.#space = space;
    this.#handle = handle;
    this.#path = path;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Errors: `file`. */
  async append(view: ArrayBufferView): Promise<void> {
    await this.#space.claim(view.byteLength);
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    if (this.#pending + bytes.length > bufferBytes) await this.#flush();
    if (bytes.length > bufferBytes) {
      await this.#write(bytes, this.#bytes);
    } else {
      this.#buffer ??= new Uint8Array(bufferBytes);
      this.#buffer.set(bytes, this.#pending);
      this.#pending += bytes.length;
    }
    this.#bytes += bytes.length;
  }

  /** Fills views one after another from a position. Errors: `file`. */
  async read(views: readonly Uint8Array[], position: number): Promise<void> {
    const wanted = views.reduce((sum, { length }) => sum + length, 0);
    if (position + wanted > this.#bytes - this.#pending) await this.#flush();
    try {
      const { bytesRead } = await this.#handle.readv(views, position);
      if (bytesRead === wanted) return;
    } catch (cause) {
      throw unusable(this.#space.folder, cause);
    }
    throw unusable(this.#space.folder, new Error('the file is shorter than what was written'));
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #flush(): Promise<void> {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    await this.#write(buffer.subarray(0, this.#pending), this.#bytes - this.#pending);
    this.#buffer = undefined;
    this.#pending = 0;
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    } catch (cause) {
      throw unusable(this.#space.folder, cause);
    }
  }

  async #close(): Promise<void> {
    this.#space.release(this, this.#bytes);
    await this.#handle.close().catch(() => undefined);
    if (this.#path !== undefined) await rm(this.#path, { force: true }).catch(() => undefined);
  }
}

function unusable(folder: string, cause: unknown): DataError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : String(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new DataError(
    'file',
    full ? 'the disk is full' : `the folder for intermediate files cannot be used (${code})`,
    {
      file: folder,
      remedy: full ? 'Free some space, or name another folder.' : 'Name a folder that may be written to.',
    },
    { cause },
  );
}

/** As a person reads it. */
export function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
