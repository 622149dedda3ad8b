import { labelOf } from '../../components/runs/GridHead';
import { configField, metricField } from '../../lib/fields';

interface Props {
  label: string;
  value: string | undefined;
  metrics: readonly string[];
  config: readonly string[];
  none?: string | undefined;
  onChange: (field: string | undefined) => void;
}

const bests = ['min', 'max', 'mean'] as const;

/** Chooses one value of the runs: a metric's last, least or greatest, a config key, or an attribute. */
export function FieldSelect({ label, value, metrics, config, none, onChange }: Props) {
  return (
    <label>
      {label}
      <select value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)}>
        {none !== undefined && <option value="">{none}</option>}
        <optgroup label="Metrics">{metrics.map((name) => <option key={name} value={metricField(name)}>{name}</option>)}</optgroup>
        <optgroup label="Config">{config.map((path) => <option key={path} value={configField(path)}>{path}</option>)}</optgroup>
        <optgroup label="Attributes">{['duration', 'lastStep', 'state', 'group', 'createdAt'].map((name) => <option key={name} value={name}>{labelOf(name)}</option>)}</optgroup>
        <optgroup label="Best values">{metrics.flatMap((name) => bests.map((form) => <option key={name + form} value={metricField(name, form)}>{name} {form}</option>))}</optgroup>
      </select>
    </label>
  );
}
