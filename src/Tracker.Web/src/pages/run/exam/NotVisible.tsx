import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { visibilityQuery, type Blind } from '../../../api/diagnostics';
import { Failure } from '../../../components/states';
import { plural } from '../../../lib/numbers';

const few = 6;

type Language = 'python' | 'dotnet';

/** What cannot be seen in this run for lack of logging, by the line of code that would show it. */
export function NotVisible({ run }: { run: string }) {
  const { data, error, refetch } = useQuery(visibilityQuery(run));
  const [language, setLanguage] = useState<Language>('python');
  const [all, setAll] = useState(false);
  if (error && !data) return <Failure what="What is not visible could not be read." error={error} retry={() => void refetch()} />;
  if (!data) return <div className="skeleton" style={{ height: 120 }} aria-hidden="true" />;
  const lines = byLine(data.blind, language);
  const shown = all ? lines : lines.slice(0, few);
  return (
    <section className="not-visible" id="not-visible" aria-label="Not visible for lack of logging">
      <div className="section-head">
        <h2 className="section-name">Not visible for lack of logging <span>{plural(data.blind.length, 'condition')}</span></h2>
        <div className="segmented" role="group" aria-label="Language">
          <button type="button" aria-pressed={language === 'python'} onClick={() => setLanguage('python')}>Python</button>
          <button type="button" aria-pressed={language === 'dotnet'} onClick={() => setLanguage('dotnet')}>.NET</button>
        </div>
      </div>
      {lines.length === 0 && <p>Everything that the analyzer knows can be seen in this run.</p>}
      <ul>
        {shown.map(([line, blind]) => (
          <li key={line}>
            <span className="not-visible-line"><code>{line}</code><button type="button" className="quiet" onClick={() => void navigator.clipboard.writeText(line)}>copy</button></span>
            <span className="not-visible-what">shows {blind.map((item) => item.title).join(' · ')}</span>
          </li>
        ))}
        {lines.length > few && <li><button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>{all ? 'less' : plural(lines.length - few, 'more line')}</button></li>}
      </ul>
      {data.unrecognised.length > 0 && <p className="side-foot">Not known to the analyzer: {data.unrecognised.slice(0, 12).join(', ')}{data.unrecognised.length > 12 && ` and ${data.unrecognised.length - 12} more`}. Say what a series is with <code>tracker.roles</code> in the config.</p>}
    </section>
  );
}

/** Series before probes, and the line that shows most before others. */
const byLine = (blind: readonly Blind[], language: Language): [string, Blind[]][] => {
  const isProbe = (list: readonly Blind[]): number => Number(list.every((item) => item.needs.some((need) => need.startsWith('probe:') || need.startsWith('event:'))));
  return [...Map.groupBy(blind, (item) => item.log[language])].sort(([, a], [, b]) => isProbe(a) - isProbe(b) || b.length - a.length);
};
