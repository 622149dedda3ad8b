import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** The inner size of an element in CSS pixels, kept up to date. */
export function useSize<T extends HTMLElement>(): [ref: RefObject<T | null>, width: number, height: number] {
  const ref = useRef<T>(null);
  const [size, setSize] = useState<[number, number]>([0, 0]);
  useLayoutEffect(() => {
    const element = ref.current!;
    const observer = new ResizeObserver(() => setSize([element.clientWidth, element.clientHeight]));
    observer.observe(element);
    setSize([element.clientWidth, element.clientHeight]);
    return () => observer.disconnect();
  }, []);
  return [ref, ...size];
}

/** Whether an element is on the screen, or nearly: only then its chart is read and drawn. */
export function useInView<T extends HTMLElement>(margin = '240px'): [ref: RefObject<T | null>, inView: boolean] {
  const ref = useRef<T>(null);
  const [inView, setInView] = useState(false);
  useLayoutEffect(() => {
    const observer = new IntersectionObserver((entries) => setInView(entries.at(-1)!.isIntersecting), { rootMargin: margin });
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, [margin]);
  return [ref, inView];
}
