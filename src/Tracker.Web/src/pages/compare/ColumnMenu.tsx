import { MenuItem, Popover } from '../../components/Popover';
import { configField, metricField } from '../../lib/fields';

interface Props {
  label: string;
  chosen: readonly string[];
  config: readonly string[];
  metrics: readonly string[];
  onChange: (fields: string[]) => void;
}

/** Chooses several values of the runs. */
export function ColumnMenu({ label, chosen, config, metrics, onChange }: Props) {
  const item = (field: string, name: string) => (
    <MenuItem key={field} checked={chosen.includes(field)} onClick={() => onChange(chosen.includes(field) ? chosen.filter((other) => other !== field) : [...chosen, field])}>{name}</MenuItem>
  );
  return (
    <Popover label={label} className="quiet">
      {() => <div className="menu scrolled">{config.map((path) => item(configField(path), path))}<hr />{metrics.map((name) => item(metricField(name), name))}</div>}
    </Popover>
  );
}
