export const HEIGHT = 18; // of a line, px
const MOST_PX = 15_000_000; // browsers lay out no more than this (Firefox 17.9, Chromium 33.5 million)

/** Where lines are in a box that scrolls: one for one while the browser can lay them out, and beyond
 * that a pixel of the scroll bar stands for more than one of the text. */
export interface Scale {
  height: number;
  /** The pixel of the text at the top of the box. */
  top: (scrolled: number) => number;
  /** How far to scroll for that pixel to be at the top. */
  scroll: (top: number) => number;
}

export function scaleOf(lines: number, view: number): Scale {
  const text = lines * HEIGHT;
  const height = Math.min(text, MOST_PX);
  const ratio = text > MOST_PX ? (text - view) / (MOST_PX - view) : 1;
  return { height, top: (scrolled) => scrolled * ratio, scroll: (top) => top / ratio };
}
