import { useState } from 'react';

/** Asks once more before it does what is hard to take back. */
export function Sure({ label, busy, onSure }: { label: string; busy: boolean; onSure: () => void }) {
  const [sure, setSure] = useState(false);
  return (
    <button
      type="button"
      className={sure ? 'stop' : undefined}
      disabled={busy}
      onBlur={() => setSure(false)}
      onClick={() => {
        if (sure) onSure();
        setSure(!sure);
      }}
    >
      {sure ? `${label}: sure?` : label}
    </button>
  );
}
