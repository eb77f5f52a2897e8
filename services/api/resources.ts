// The list of resources. A new one is one file and one line here.
import type { Resource } from './context.ts';
import { datasets } from './datasets.routes.ts';
import { document } from './document.routes.ts';
import { endpoints } from './endpoints.routes.ts';
import { exports } from './exports.routes.ts';
import { feeds } from './feeds.routes.ts';
import { health } from './health.routes.ts';
import { optOuts } from './opt-outs.routes.ts';
import { overlaps } from './overlaps.routes.ts';
import { dashboard } from './pages/dashboard.routes.ts';
import { reports } from './reports.routes.ts';
import { stats } from './stats.routes.ts';
import { surveyTables } from './survey-tables.routes.ts';
import { surveys } from './surveys.routes.ts';
import { tallies } from './tallies.routes.ts';
import { timeseries } from './timeseries.routes.ts';
import { unsubscribe } from './unsubscribe.routes.ts';

export const RESOURCES: readonly Resource[] = [
  surveys,
  stats,
  timeseries,
  surveyTables,
  tallies,
  feeds,
  overlaps,
  endpoints,
  reports,
  datasets,
  exports,
  optOuts,
  health,
  document,
  unsubscribe,
  dashboard,
];
