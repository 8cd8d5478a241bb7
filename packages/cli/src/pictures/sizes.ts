/** Widths of pictures, in pixels, and the two drawings of one that fills the column of text. */

import type { Picture } from './page.ts';

/** The column of text. */
export const fullWidth = 864;

/** A phone's. */
export const phoneWidth = 336;

/** Half of the column, which fits a phone too. */
const halfWidth = 376;

/** A picture drawn for a wide page and for a phone. */
export function fullPicture(caption: string, drawn: (width: number) => string): Picture {
  return { caption, wide: drawn(fullWidth), narrow: drawn(phoneWidth) };
}

/** A picture of a stretch of data, a shorter one of which a phone shows; both have a caption of their own. */
export function stretchPicture<S>(
  [long, short]: readonly [S, S],
  drawn: (stretch: S, width: number) => string,
  caption: (stretch: S) => string,
): Picture {
  return {
    caption: caption(long),
    wide: drawn(long, fullWidth),
    narrowCaption: caption(short),
    narrow: drawn(short, phoneWidth),
  };
}

/** A picture of half the column, on every page the same. */
export function halfPicture(caption: string, drawn: (width: number) => string): Picture {
  return { caption, wide: drawn(halfWidth) };
}
