import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { optionsQuery, thresholdsQuery, useSetOptions, type Detector, type Options, type Owner, type Threshold } from '../api/thresholds';
import { formatValue, plural } from '../lib/numbers';
import { withThreshold, wordsOf } from '../lib/thresholds';
import '../styles/thresholds.css';
import { Failure, Skeleton } from './states';
import { useView } from './view';

interface Props {
  owner: Owner;
  /** Beside the button that saves: what can be done with thresholds that are not saved yet. */
  tools?: (draft: Options) => ReactNode;
}

/** The thresholds of the detectors: what they mean, what is set, and how to set them. */
export function Thresholds({ owner, tools }: Props) {
  const book = useQuery(thresholdsQuery);
  const shown = useQuery(optionsQuery(owner));
  const save = useSetOptions(owner);
  const failed = [book, shown].find(({ error, data }) => error && !data);
  if (failed) return <Failure what="The thresholds could not be read." error={failed.error!} retry={() => void failed.refetch()} />;
  if (!book.data || !shown.data) return <Skeleton height={160} />;
  return <Form key={JSON.stringify(shown.data)} save={save} owner={owner} book={book.data} set={shown.data.set} below={shown.data.project} tools={tools} />;
}

interface FormProps extends Pick<Props, 'owner' | 'tools'> {
  book: readonly Detector[];
  save: ReturnType<typeof useSetOptions>;
  set: Options;
  /** What holds where nothing is set: the project's, under a run's. */
  below: Options;
}

function Form({ owner, book, save, set, below, tools }: FormProps) {
  const [view, change] = useView();
  const [draft, setDraft] = useState(set);
  const find = view.condition ?? '';
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const found = book.filter((detector) => words.every((word) => [detector.detector, wordsOf(detector.detector), detector.summary, ...detector.conditions].join(' ').toLowerCase().includes(word)));
  const changed = JSON.stringify(draft) !== JSON.stringify(set);
  const given = Object.values(draft).reduce((sum, thresholds) => sum + Object.keys(thresholds).length, 0);
  return (
    <form
      className="thresholds"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(draft);
      }}
    >
      <div className="tools">
        <input type="search" placeholder="Find: clipping, loss-spike, warm-up" aria-label="Find thresholds" value={find} onChange={(event) => change({ condition: event.target.value || undefined })} />
        <span>{plural(given, 'threshold')} set{'run' in owner ? ' for this run' : ''}</span>
        {given > 0 && <button type="button" className="quiet" onClick={() => setDraft({})}>Usual ones</button>}
      </div>
      <ul className="detectors">
        {found.map((detector) => (
          <li key={detector.detector}>
            <details open={found.length === 1 || undefined}>
              <summary>
                <b>{wordsOf(detector.detector)}</b>
                <span>{detector.conditions.join(', ')}</span>
                {draft[detector.detector] && <em>{plural(Object.keys(draft[detector.detector]!).length, 'threshold')} set</em>}
              </summary>
              {detector.thresholds.map((threshold) => (
                <Line
                  key={threshold.name}
                  threshold={threshold}
                  value={draft[detector.detector]?.[threshold.name]}
                  usual={below[detector.detector]?.[threshold.name] ?? threshold.default}
                  onChange={(value) => setDraft(withThreshold(draft, detector.detector, threshold.name, value))}
                />
              ))}
            </details>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="cell-none">No detector is called so.</p>}
      <div className="form-foot">
        <button type="submit" className="primary" disabled={!changed || save.isPending}>Save</button>
        {changed && <button type="button" className="quiet" onClick={() => setDraft(set)}>Undo</button>}
        {tools?.(draft)}
        {save.isSuccess && !changed && <span role="status">Saved</span>}
      </div>
      {save.error && <p role="alert" className="filter-wrong">{save.error.message}</p>}
    </form>
  );
}

interface LineProps {
  threshold: Threshold;
  value: number | undefined;
  usual: number;
  onChange: (value: number | undefined) => void;
}

function Line({ threshold: { name, summary, default: standard, least, most, whole }, value, usual, onChange }: LineProps) {
  return (
    <label className="threshold" data-set={value !== undefined || undefined}>
      <span>{wordsOf(name)}</span>
      <input
        type="number"
        min={least}
        max={most}
        step={whole ? 1 : 'any'}
        placeholder={String(usual)}
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
      />
      <small>{summary || `Default ${formatValue(standard)}.`}{usual !== standard && ` The project has ${formatValue(usual)}.`}</small>
    </label>
  );
}
