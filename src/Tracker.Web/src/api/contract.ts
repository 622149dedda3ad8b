// Holds types.ts to the server: the types there are narrower than OpenAPI can say (unions, "NaN" among numbers), their fields are exactly these.
// A field that one side has and the other lacks does not compile. generated.d.ts is made by "npm run generate:api".
import type { components } from './generated';
import type * as Ours from './types';

type Server = components['schemas'];
type Difference<A, B> = Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>;
type Same<Fields extends never> = Fields;

export type Contract = [
  Same<Difference<Ours.Run, Server['RunDto']>>,
  Same<Difference<Ours.MetricSummary, Server['MetricDto']>>,
  Same<Difference<Ours.OpenDiagnosis, Server['OpenDiagnosisDto']>>,
  Same<Difference<Ours.Stop, Server['StopDto']>>,
  Same<Difference<Ours.Project, Server['ProjectDto']>>,
  Same<Difference<Ours.SeriesInfo, Server['SeriesDto']>>,
  Same<Difference<Ours.Catalogue, Server['SeriesCatalogDto']>>,
  Same<Difference<Ours.ChartData, Server['ChartDto']>>,
  Same<Difference<Ours.ChartData['series'][number], Server['ChartSeriesDto']>>,
  Same<Difference<Ours.Diagnosis, Server['DiagnosisDto']>>,
  Same<Difference<Ours.Signal, Server['SignalDto']>>,
  Same<Difference<Ours.Evidence, Server['Evidence']>>,
  Same<Difference<Ours.Cause, Server['RankedCause']>>,
  Same<Difference<Ours.RunEvent, Server['EventDto']>>,
  Same<Difference<Ours.Histograms, Server['HistogramsDto']>>,
];
