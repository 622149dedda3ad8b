import { useState } from 'react';

/** Something that is shown once: to copy, with what it is. */
export function Secret({ value, children }: { value: string; children: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
  };
  return (
    <div className="secret" role="status">
      <p>{children}</p>
      <code>{value}</code>
      {/* Browsers give the clipboard to secure pages only. */}
      {'clipboard' in navigator && <button type="button" onClick={() => void copy()}>{copied ? 'Copied' : 'Copy'}</button>}
    </div>
  );
}
