import { useEffect, useState } from 'react';

/** Stops a training: asks once more before it does. */
export function StopButton({ asked, busy, primary = false, onStop }: { asked: boolean; busy: boolean; primary?: boolean; onStop: () => void }) {
  const [sure, setSure] = useState(false);
  useEffect(() => {
    if (!sure) return;
    const timer = setTimeout(() => setSure(false), 4000);
    return () => clearTimeout(timer);
  }, [sure]);
  if (asked) return <button type="button" disabled>Stop requested</button>;
  return (
    <button
      type="button"
      className={primary || sure ? 'stop' : undefined}
      disabled={busy}
      onClick={() => {
        if (sure) onStop();
        setSure(!sure);
      }}
    >
      {sure ? 'Stop for good?' : 'Stop run'}
    </button>
  );
}
