import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, segment } from '../../api/client';
import { Failure, Skeleton } from '../../components/states';

interface Rule {
  deleteAfterDays: number | null;
  thinAfterDays: number | null;
  exceptTags: string[];
}

/** What happens to runs some time after they ended. */
export function RetentionForm({ project }: { project: string }) {
  const path = `/projects/${segment(project)}/retention`;
  const rule = useQuery({ queryKey: ['project', project, 'retention'], queryFn: ({ signal }) => call<Rule>(path, { signal }) });
  if (rule.error && !rule.data) return <Failure what="The rule could not be read." error={rule.error} retry={() => void rule.refetch()} />;
  return rule.data ? <Form key={JSON.stringify(rule.data)} project={project} path={path} rule={rule.data} /> : <Skeleton height={120} />;
}

function Form({ project, path, rule }: { project: string; path: string; rule: Rule }) {
  const client = useQueryClient();
  const [days, setDays] = useState({ delete: rule.deleteAfterDays?.toString() ?? '', thin: rule.thinAfterDays?.toString() ?? '' });
  const [tags, setTags] = useState(rule.exceptTags.join(', '));
  const number = (text: string) => (text ? Number(text) : null);
  const next: Rule = { deleteAfterDays: number(days.delete), thinAfterDays: number(days.thin), exceptTags: tags.split(',').map((tag) => tag.trim()).filter(Boolean) };
  const unchanged = JSON.stringify(next) === JSON.stringify({ deleteAfterDays: rule.deleteAfterDays, thinAfterDays: rule.thinAfterDays, exceptTags: rule.exceptTags });
  const save = useMutation({
    mutationFn: () => call<Rule>(path, { method: 'PUT', body: JSON.stringify(next), headers: { 'Content-Type': 'application/json' } }),
    onSuccess: (saved) => client.setQueryData(['project', project, 'retention'], saved),
  });
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <label>Move runs to the trash <input type="number" min={1} max={36500} placeholder="never" value={days.delete} onChange={(event) => setDays({ ...days, delete: event.target.value })} /> days after they ended</label>
      <label>Thin runs out to the resolution of charts <input type="number" min={1} max={36500} placeholder="never" value={days.thin} onChange={(event) => setDays({ ...days, thin: event.target.value })} /> days after they ended</label>
      <label>Leave alone runs with one of the tags <input type="text" placeholder="keep, published" value={tags} onChange={(event) => setTags(event.target.value)} /></label>
      <p className="cell-none">A thinned run keeps first, last, least and greatest point of 1,000 columns, its summaries, events and diagnoses; it cannot be replayed exactly.</p>
      <p className="form-foot"><button type="submit" disabled={save.isPending || unchanged}>Save</button></p>
      {save.error && <p role="alert">{save.error.message}</p>}
    </form>
  );
}
