import { Dialog } from './Dialog';
import { setOverlay } from './overlay';

const parts: [title: string, keys: [key: string, does: string][]][] = [
  ['Everywhere', [['⌘K', 'search and jump: projects, runs, pages, views'], ['?', 'this list'], ['Esc', 'close what is open']]],
  ['Runs', [['j  k', 'next, previous run'], ['Enter', 'open the run'], ['x', 'show it on the charts, or take it off'], ['s', 'select it; with shift and the mouse a range'], ['/', 'filter'], ['Shift-click', 'on a heading: order by it as well']]],
  ['Charts', [['Drag', 'zoom in; the curve is read again at full resolution'], ['Shift-drag', 'pan'], ['Double click', 'show all'], ['f', 'fill the page with the chart under the pointer'], ['l', 'its y axis logarithmic or not'], ['m', 'smoothing on or off'], ['o', 'ignore its outliers, or not']]],
  ['Diagnoses', [['j  k', 'next, previous'], ['Enter', 'open or close it'], ['o', 'go to the run'], ['x  *', 'select it, all'], ['a  c  m  w', 'acknowledge, confirm, mute, wrong'], ['u', 'take the answer back']]],
  ['Filter', [['metrics.val/loss.min < 0.3', 'last .min .max .mean .count of a metric'], ['config.optimizer.name = "adamw"', 'a key of the config, nested with dots'], ['tags has "baseline" and not state = "failed"', 'and, or, not, parentheses'], ['name ilike "%resnet%"', 'or simply: resnet'], ['diagnoses.severity >= "high"', 'what is wrong']]],
];

/** All keys of the dashboard, and the filter in a few examples. */
export function Help() {
  const close = () => setOverlay(null);
  return (
    <Dialog name="Keys" className="help" onClose={close}>
      <div className="help-head"><h2>Keys</h2><button type="button" className="quiet" onClick={close}>Close</button></div>
      <div className="help-parts">
        {parts.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>{keys.map(([key, does]) => <div key={key}><dt>{title === 'Filter' ? <code>{key}</code> : key.split('  ').map((one) => <kbd key={one}>{one}</kbd>)}</dt><dd>{does}</dd></div>)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
