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

/** Nothing to show, and what to do about it; `page` when it is all that the page holds. */
export function Empty({ title, page = false, children }: { title: string; page?: boolean; children?: ReactNode }) {
  const Heading = page ? 'h1' : 'h2';
  return (
    <div className="state">
      <Heading className="state-title">{title}</Heading>
      {children}
    </div>
  );
}
