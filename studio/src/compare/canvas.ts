import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

import { useDark } from "../app/theme";

/** The colours of the theme, for what is drawn by hand. */
export interface Look {
  ink: string;
  quiet: string;
  line: string;
  card: string;
  brand: string;
  dark: boolean;
  font: string;
}

export interface Drawing {
  box: RefObject<HTMLDivElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  width: number;
}

/** A canvas as wide as its box and as sharp as the screen, drawn anew whenever what it shows
 * changes. How long it took stands in the box, in ms. */
export function useCanvas(
  draw: (c: CanvasRenderingContext2D, width: number, height: number, look: Look) => void,
  height: number,
  least: number,
): Drawing {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [room, setRoom] = useState(0);
  const dark = useDark();
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => setRoom(Math.floor(entry!.contentRect.width)));
    resized.observe(box.current!);
    return () => resized.disconnect();
  }, []);
  const width = Math.max(room, least);
  useLayoutEffect(() => {
    if (room === 0) return;
    const [at, of] = [canvas.current!, box.current!];
    const sharp = devicePixelRatio || 1;
    const began = performance.now();
    if (at.width !== Math.round(width * sharp) || at.height !== Math.round(height * sharp)) {
      at.width = Math.round(width * sharp);
      at.height = Math.round(height * sharp);
    }
    const c = at.getContext("2d")!;
    const style = getComputedStyle(of);
    const said = (name: string) => style.getPropertyValue(name).trim();
    c.setTransform(sharp, 0, 0, sharp, 0, 0);
    c.clearRect(0, 0, width, height);
    draw(c, width, height, {
      ink: said("--colorNeutralForeground1"),
      quiet: said("--colorNeutralForeground2"),
      line: said("--line"),
      card: said("--card"),
      brand: said("--running"),
      dark,
      font: `12px ${style.fontFamily}`,
    });
    of.dataset.drawnMs = (performance.now() - began).toFixed(1);
  }, [draw, width, height, dark, room]);
  return { box, canvas, width };
}

/** Text that fits, its end cut off where it does not. */
export function fitted(c: CanvasRenderingContext2D, text: string, room: number): string {
  if (c.measureText(text).width <= room) return text;
  let n = text.length;
  while (n > 1 && c.measureText(`${text.slice(0, n)}…`).width > room) n -= 1;
  return `${text.slice(0, n)}…`;
}
