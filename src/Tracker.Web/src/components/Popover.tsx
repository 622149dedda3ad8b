import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';

interface Props {
  /** What opens it. */
  label: ReactNode;
  name?: string | undefined;
  className?: string | undefined;
  title?: string | undefined;
  /** Its content; `close` puts the focus back. */
  children: (close: () => void) => ReactNode;
  onOpen?: (() => void) | undefined;
}

/** A button with a small sheet beside it: menus, pickers, little forms. Escape, a click elsewhere and scrolling away close it. */
export function Popover({ label, name, className = 'quiet', title, children, onOpen }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={name}
        title={title}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={(event) => {
          event.stopPropagation();
          if (!open) onOpen?.();
          setOpen(!open);
        }}
      >
        {label}
      </button>
      {open && <Sheet anchor={button.current!} name={name ?? title ?? 'Menu'} close={close} dismiss={() => setOpen(false)}>{children(close)}</Sheet>}
    </>
  );
}

interface SheetProps {
  anchor: HTMLElement;
  name: string;
  close: () => void;
  dismiss: () => void;
  children: ReactNode;
}

function Sheet({ anchor, name, close, dismiss, children }: SheetProps) {
  const sheet = useRef<HTMLDivElement>(null);
  const latest = useRef(dismiss);
  latest.current = dismiss;

  useLayoutEffect(() => {
    const element = sheet.current!;
    const place = () => {
      const box = anchor.getBoundingClientRect();
      const { offsetWidth: width, offsetHeight: height } = element;
      const below = box.bottom + 4 + height <= innerHeight || box.top < height;
      element.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
      element.style.top = `${Math.max(8, below ? Math.min(box.bottom + 4, innerHeight - height - 8) : box.top - height - 4)}px`;
    };
    place();
    const observer = new ResizeObserver(place);
    observer.observe(element);
    (element.querySelector<HTMLElement>('[autofocus], input, button, [tabindex="0"]') ?? element).focus({ preventScroll: true });
    return () => observer.disconnect();
  }, [anchor]);

  useEffect(() => {
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!sheet.current?.contains(target) && !anchor.contains(target) && !(target instanceof Element && target.closest('.sheet'))) latest.current();
    };
    const scrolled = (event: Event) => {
      if (!sheet.current?.contains(event.target as Node)) latest.current();
    };
    addEventListener('pointerdown', outside, true);
    addEventListener('scroll', scrolled, true);
    return () => {
      removeEventListener('pointerdown', outside, true);
      removeEventListener('scroll', scrolled, true);
    };
  }, [anchor]);

  return createPortal(
    <div
      ref={sheet}
      className="sheet"
      role="dialog"
      aria-label={name}
      tabIndex={-1}
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          event.nativeEvent.stopImmediatePropagation();
          close();
        }
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') move(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1) && event.preventDefault();
      }}
    >
      {children}
    </div>,
    document.body,
  );
}

/** The arrows walk through the buttons of a menu. */
function move(sheet: HTMLElement, way: 1 | -1): boolean {
  const items = [...sheet.querySelectorAll<HTMLElement>('.menu-item:not(:disabled)')];
  if (items.length === 0) return false;
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[(at + way + items.length) % items.length]!.focus();
  return true;
}

/** A line of a menu. */
export function MenuItem({ onClick, children, danger = false, checked, disabled = false }: { onClick: () => void; children: ReactNode; danger?: boolean; checked?: boolean; disabled?: boolean }) {
  return (
    <button type="button" className="menu-item" data-danger={danger || undefined} aria-pressed={checked} disabled={disabled} onClick={onClick}>
      {checked !== undefined && <span className="menu-check" aria-hidden="true">{checked ? '✓' : ''}</span>}
      {children}
    </button>
  );
}
