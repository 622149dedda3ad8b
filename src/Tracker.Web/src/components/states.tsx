import type { ReactNode } from 'react';

/** A failure in words, with what to do. */
export function Failure({ what, error, retry }: { what: string; error: Error; retry: () => void }) {
  return (
    <div className="state" role="alert">
      <p><b>{what}</b> {error.message}</p>
      <button type="button" onClick={retry}>Try again</button>
    </div>
  );
}

/** Keeps the room of what is being read; seen only when it takes longer than 150 ms. */
export function Skeleton({ height }: { height: number }) {
  return <div className="skeleton" style={{ height }} aria-hidden="true" />;
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <p><b>{title}</b></p>
      {children}
    </div>
  );
}
