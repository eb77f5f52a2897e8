// The plan of a survey that a benchmark stores: every setting but its id is the same.
import type { SurveyPlan } from '../../services/surveys/survey.ts';

export const SCRATCH_VANTAGE = 'bench';
export const SCRATCH_PORT = 6443;

export const scratchSurvey = (id: string): SurveyPlan => ({
  id,
  method: 'active',
  seed: 's',
  sample: null,
  ports: [SCRATCH_PORT],
  portsOnly: false,
  feeds: [],
  scope: [],
  vantage: SCRATCH_VANTAGE,
  rate: 1,
});
