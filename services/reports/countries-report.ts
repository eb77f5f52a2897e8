// The report on places: a map, countries, networks, and which components stand where.
import type { HeadlineData } from './headline-data.ts';
import type { Report } from './section.ts';
import { mapSection } from './sections/map.ts';
import { sourcesSection } from './sections/method.ts';
import { placesSection } from './sections/places.ts';
import { subtitleOf } from './subtitle.ts';

/** Builds the report on countries and networks. Pure: the same data gives the same report. */
export function countriesReport(data: HeadlineData): Report {
  return {
    name: 'countries',
    title: 'Where Kubernetes components answer from the internet',
    subtitle: subtitleOf(data),
    generatedAt: data.generatedAt,
    sections: [mapSection(data), placesSection(data), sourcesSection(data)],
  };
}
