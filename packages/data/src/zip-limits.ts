/** How much a ZIP archive may hold before reading stops; the defaults fit any data set that fits in memory. */
export interface ZipLimits {
  /** Number of entries; default 65,536. */
  readonly maxEntries?: number;
  /** Bytes of one entry after inflating; default 1 GiB. */
  readonly maxEntryBytes?: number;
  /** Bytes of all read entries after inflating; default 2 GiB. */
  readonly maxTotalBytes?: number;
  /** Inflated over stored size of an entry, counted beyond the first 64 KiB; default 200. */
  readonly maxRatio?: number;
}

/** The limits with defaults filled in. */
export const defaultZipLimits: Required<ZipLimits> = {
  maxEntries: 65_536,
  maxEntryBytes: 2 ** 30,
  maxTotalBytes: 2 ** 31,
  maxRatio: 200,
};
