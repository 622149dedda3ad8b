import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call, segment } from '../../api/client';
import { keys } from '../../api/queries';

const giga = 1e9;

/** How much the project may take, in GB; nothing written: as much as there is. */
export function QuotaForm({ project, quota }: { project: string; quota: number | null }) {
  const client = useQueryClient();
  const written = quota === null ? '' : String(Number((quota / giga).toPrecision(6)));
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const save = useMutation({
    mutationFn: () => call(`/projects/${segment(project)}/quota`, { method: 'PUT', body: JSON.stringify({ maxBytes: text ? Math.round(Number(text) * giga) : null }), headers: { 'Content-Type': 'application/json' } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.projects }),
  });
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <label>Quota <input type="number" min="0.001" step="any" placeholder="none" value={text} onChange={(event) => setText(event.target.value)} /> GB</label>
      <p className="cell-none">Where it is reached, clients keep their batches and send them again; nothing is lost while they have room.</p>
      <p className="form-foot"><button type="submit" disabled={save.isPending || text === written}>Save</button>{save.isSuccess && text === written && <span role="status">Saved</span>}</p>
      {save.error && <p role="alert">{save.error.message}</p>}
    </form>
  );
}
