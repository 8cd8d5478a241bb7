/**
 * The part of jsfive that is used, with the two inner fields that bound its work. The exact version is pinned.
 */
declare module 'jsfive' {
  export interface DataObjects {
    /** Whether the data lie in one piece: null, else the shape of chunks. */
    readonly chunks: readonly number[] | null;
    readonly is_dataset: boolean;
  }

  export class Group {
    readonly keys: readonly string[];
    readonly attrs: Readonly<Record<string, unknown>>;
    /** Addresses of members; a text for a soft link. */
    readonly _links: Readonly<Record<string, number | string>>;
    readonly _dataobjects: DataObjects;
    get(name: string): Group | Dataset | null;
  }

  export class Dataset {
    readonly shape: readonly number[];
    readonly dtype: unknown;
    readonly value: readonly unknown[];
    readonly _dataobjects: DataObjects;
  }

  export class File extends Group {
    constructor(bytes: ArrayBuffer, name: string);
  }
}
