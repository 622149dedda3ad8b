import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Icon } from '../components/Icon';
import { Shell } from '../components/Shell';
import { Failure, Skeleton } from '../components/states';
import { useView } from '../components/view';
import '../styles/exam.css';
import '../styles/gallery.css';
import { configOf, EndValues, InstrumentPlot, LossPlot, RegimeBars, Told, toneOfExhibit } from './gallery/Exhibits';
import { galleryQuery, type Exhibit } from './gallery/gallery';

/** The visual guide: what every failure looks like, what Tracker says of it, and what to do. On one page when printed. */
export function GalleryPage() {
  const { data, error, refetch } = useQuery(galleryQuery);
  useEffect(() => {
    document.title = 'Gallery of failures · Tracker';
  }, []);
  return (
    <Shell>
      <div className="page gallery">
        <div className="page-head">
          <h1>What training looks like when it goes wrong</h1>
          <button type="button" className="gallery-print" onClick={() => print()}>Print</button>
        </div>
        <p className="gallery-lead">Real recorded trainings, each with its curve, the instrument that shows the fault, and the diagnosis as Tracker made it. Losses are on a log scale: <i className="swatch train" /> train, <i className="swatch val" /> validation, the gap shaded.</p>
        {error && !data && <Failure what="The gallery could not be read." error={error} retry={() => void refetch()} />}
        {!data && !error && <Skeleton height={600} />}
        {data && <Rooms exhibits={data} />}
      </div>
    </Shell>
  );
}

function Rooms({ exhibits }: { exhibits: readonly Exhibit[] }) {
  const of = (group: Exhibit['group']) => exhibits.filter((exhibit) => exhibit.group === group);
  const healthy = exhibits.find((exhibit) => exhibit.name === 'healthy');
  return (
    <>
      <Shapes exhibits={of('shape')} />
      <section aria-label="Gradients">
        <h2>Losses that look alike, gradients that do not</h2>
        <div className="regimes">
          {of('regime').map((exhibit) => (
            <article key={exhibit.name} className="exhibit">
              <h3>{exhibit.title}</h3>
              <LossPlot exhibit={exhibit} height={70} />
              <RegimeBars exhibit={exhibit} />
              <p className="exhibit-look">{exhibit.look}</p>
              <Told exhibit={exhibit} />
            </article>
          ))}
        </div>
      </section>
      <section aria-label="Overfitting and its cure">
        <h2>Overfitting beside its cure</h2>
        <div className="pair">
          {[...of('pair').map((exhibit) => ({ exhibit, title: exhibit.title, look: exhibit.look })), ...(healthy ? [{ exhibit: healthy, title: 'All examples, weight decay', look: 'The same task: validation follows training down, and the gap stays small.' }] : [])].map(({ exhibit, title, look }) => (
            <article key={exhibit.name} className="exhibit">
              <h3>{title}</h3>
              <LossPlot exhibit={exhibit} height={150} />
              <EndValues exhibit={exhibit} />
              <p className="exhibit-look">{look}</p>
              <Told exhibit={exhibit} />
            </article>
          ))}
        </div>
      </section>
      <section aria-label="All other failures">
        <h2>One of every failure</h2>
        <div className="exhibits">
          {of('more').map((exhibit) => (
            <article key={exhibit.name} className="exhibit" id={exhibit.name}>
              <h3>{exhibit.title}</h3>
              <p className="exhibit-look">{exhibit.look}</p>
              <LossPlot exhibit={exhibit} height={110} />
              <InstrumentPlot exhibit={exhibit} height={90} />
              <Told exhibit={exhibit} />
            </article>
          ))}
        </div>
      </section>
    </>
  );
}

/** The six shapes as cards that load one plot; on paper every card has its own. */
function Shapes({ exhibits }: { exhibits: readonly Exhibit[] }) {
  const [view, change] = useView();
  const [last, setLast] = useState<string | null>(null);
  const chosen = exhibits.find((exhibit) => exhibit.name === (view.find ?? last)) ?? exhibits[0];
  if (!chosen) return null;
  return (
    <section aria-label="Six shapes of a loss">
      <h2>Six shapes of a loss</h2>
      <div className="shapes">
        <div className="shape-cards">
          {exhibits.map((exhibit) => {
            const tone = toneOfExhibit(exhibit);
            return (
              <button
                key={exhibit.name}
                type="button"
                className="shape-card"
                aria-pressed={exhibit === chosen}
                onClick={() => {
                  setLast(exhibit.name);
                  change({ find: exhibit.name });
                }}
              >
                <span className="health" data-tone={tone}><Icon shape={tone} />{exhibit.title}</span>
                <LossPlot exhibit={exhibit} height={44} bare />
              </button>
            );
          })}
        </div>
        <article className="exhibit shape-plot">
          <h3>{chosen.title} <span>{configOf(chosen)}</span></h3>
          <p className="exhibit-look">{chosen.look}</p>
          <div className="shape-both">
            <div><LossPlot exhibit={chosen} height={230} /></div>
            <div><InstrumentPlot exhibit={chosen} height={150} /><EndValues exhibit={chosen} /></div>
          </div>
          <Told exhibit={chosen} />
        </article>
      </div>
      <div className="shapes-printed">
        {exhibits.map((exhibit) => (
          <article key={exhibit.name} className="exhibit"><h3>{exhibit.title}</h3><LossPlot exhibit={exhibit} height={90} /><p className="exhibit-look">{exhibit.look}</p><Told exhibit={exhibit} /></article>
        ))}
      </div>
    </section>
  );
}
