import { expectTypeOf, test } from 'vitest';
import type { EmaState } from '../lib/ema';
import type { components } from './generated';
import type { Catalogue, Cause, ChartData, Diagnosis, Evidence, Histograms, MetricSummary, OpenDiagnosis, Project, Run, RunEvent, SeriesInfo, Signal, Stop } from './types';

type Described = components['schemas'];

// Checked by the compiler: `npm run typecheck`. A field that the server no longer describes does not compile here.
test('Every field that the pages read is in the OpenAPI document', () => {
  expectTypeOf<keyof Run>().toExtend<keyof Described['RunDto']>();
  expectTypeOf<keyof Project>().toExtend<keyof Described['ProjectDto']>();
  expectTypeOf<keyof MetricSummary>().toExtend<keyof Described['MetricDto']>();
  expectTypeOf<keyof OpenDiagnosis>().toExtend<keyof Described['OpenDiagnosisDto']>();
  expectTypeOf<keyof Stop>().toExtend<keyof Described['StopDto']>();
  expectTypeOf<keyof Catalogue>().toExtend<keyof Described['SeriesCatalogDto']>();
  expectTypeOf<keyof SeriesInfo>().toExtend<keyof Described['SeriesDto']>();
  expectTypeOf<keyof ChartData>().toExtend<keyof Described['ChartDto']>();
  expectTypeOf<keyof ChartData['series'][number]>().toExtend<keyof Described['ChartSeriesDto']>();
  expectTypeOf<keyof EmaState>().toExtend<keyof Described['SmoothStateDto']>();
  expectTypeOf<keyof Histograms>().toExtend<keyof Described['HistogramsDto']>();
  expectTypeOf<keyof Histograms['columns'][number]>().toExtend<keyof Described['HistogramColumnDto']>();
  expectTypeOf<keyof RunEvent>().toExtend<keyof Described['EventDto']>();
  expectTypeOf<keyof Diagnosis>().toExtend<keyof Described['DiagnosisDto']>();
  expectTypeOf<keyof Signal>().toExtend<keyof Described['SignalDto']>();
  expectTypeOf<keyof Evidence>().toExtend<keyof Described['Evidence']>();
  expectTypeOf<keyof Cause>().toExtend<keyof Described['RankedCause']>();
});
