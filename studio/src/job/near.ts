import { type RefObject, useLayoutEffect, useState } from "react";

const MARGIN = 300; // px around the window

type Act = (near: boolean, box: DOMRectReadOnly) => void;
const acts = new Map<Element, Act>();
let observer: IntersectionObserver | undefined;

function watched(element: Element, act: Act): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, boundingClientRect } of entries)
        acts.get(target)?.(isIntersecting, boundingClientRect);
    },
    { rootMargin: `${MARGIN}px` },
  );
  acts.set(element, act);
  observer.observe(element);
  return () => {
    acts.delete(element);
    observer!.unobserve(element);
  };
}

/** Whether an element is in the window or soon will be, known before the first paint; and how
 * large it was when that last changed. */
export function useNear(at: RefObject<HTMLElement | null>) {
  const [seen, setSeen] = useState({ near: false, width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = at.current!;
    const look: Act = (near, { width, height }) =>
      setSeen((before) => (before.near === near && before.width > 0 ? before : { near, width, height }));
    const box = element.getBoundingClientRect();
    look(box.top < innerHeight + MARGIN && box.bottom > -MARGIN, box);
    return watched(element, look);
  }, [at]);
  return seen;
}
