import { useEffect, useRef } from 'react';

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|range)$/.test((target as HTMLInputElement).type));

/** Keys of a page, while nobody types and no dialog is open: `{ j: next, '/': focusFilter, 'mod+k': openPalette }`. With `mod` they work while typing, too. */
export function useShortcuts(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      // What has the focus is pressed by Enter, not the page.
      if (event.key === 'Enter' && event.target !== document.body) return;
      const mod = event.ctrlKey || event.metaKey;
      const action = latest.current[mod ? `mod+${event.key.toLowerCase()}` : event.key];
      if (!action || (!mod && (typing(event.target) || document.querySelector('dialog[open]')))) return;
      event.preventDefault();
      action(event);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
