// The plan of a survey that a benchmark stores: every setting but its id is the same.
import type { SurveyPlan } from '../../services/surveys/survey.ts';

export const scratchSurvey = (id: string): SurveyPlan => ({
  id,
  method: 'active',
  seed: 's',
  sample: null,
  ports: [6443],
  portsOnly: false,
  feeds: [],
  scope: [],
  vantage: 'bench',
  rate: 1,
});
