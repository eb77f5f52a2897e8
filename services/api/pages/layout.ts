// The frame of every page: navigation, the choice of survey, what is held back, and where the numbers come from. No script.
import { createHash } from 'node:crypto';
import { type Html, html, markupOf } from '../../reports/html-template.ts';
import { percent } from '../../reports/numbers.ts';
import { PAGE_STYLE } from '../../reports/page-style.ts';
import { writtenTime } from '../../reports/written-value.ts';
import { type CountedSurvey, SURVEY_FLAGS } from '../../rollups/counted-survey.ts';

const FRAME_STYLE = `
.skip{position:absolute;left:-999em}
.skip:focus{left:1rem;top:.6rem;background:var(--kc-paper);padding:.4rem .7rem;z-index:2}
.bar{border-bottom:1px solid var(--kc-rule);font:600 .92rem/1.4 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
.bar>div{max-width:1104px;margin:0 auto;padding:.9rem 1.25rem .5rem;display:flex;flex-wrap:wrap;gap:.2rem 1.6rem;align-items:baseline}
.bar .name{color:inherit;text-decoration:none;letter-spacing:-.01em;font-size:1.05rem}
.bar nav{max-width:none;width:auto;margin:0;position:static;border:0;padding:0;max-height:none;font-size:.9rem}
.bar nav ul{display:flex;flex-wrap:wrap;gap:0 1rem;list-style:none;margin:0;padding:0}
.bar nav a{padding:.35rem 0;font-weight:500;border-bottom:3px solid transparent}
.bar nav a[aria-current]{border-color:var(--kc-version-endpoint);font-weight:650}
.page.frame{display:block;max-width:1104px}
.page.frame>*{max-width:760px}
header.bar{max-width:none;margin:0}
form.filters{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin:0 0 1.4rem;padding:.8rem 0;border-top:1px solid var(--kc-rule);border-bottom:1px solid var(--kc-rule);font:.86rem/1.35 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
p.meta.quoted{margin-bottom:.3rem}
form.filters label{display:block;min-width:0}
form.filters label span{display:block;color:var(--kc-muted);margin-bottom:.15rem}
form.filters select,form.filters input,form.filters button{font:inherit;color:var(--kc-ink);background:var(--kc-paper);border:1px solid var(--kc-muted);border-radius:3px;padding:.42rem .55rem;min-height:2.3rem;max-width:100%}
form.filters select{max-width:16rem}
form.filters select[name=survey]{max-width:22rem}
form.filters button{cursor:pointer;font-weight:600;background:var(--kc-plain);color:var(--kc-paper);border-color:var(--kc-plain)}
form.filters :focus-visible,.bar a:focus-visible{outline:2px solid var(--kc-version-endpoint);outline-offset:2px}
footer{max-width:1104px;margin:0 auto;padding:1.2rem 1.25rem 3rem;border-top:1px solid var(--kc-rule);font:.85rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif;color:var(--kc-muted)}
footer form{display:inline}
footer button{font:inherit;color:var(--kc-plain);background:none;border:0;padding:0;text-decoration:underline;cursor:pointer}
@media (max-width:600px){form.filters label,form.filters select,form.filters select[name=survey]{max-width:100%}}
@media print{.bar>div,footer{padding-left:0;padding-right:0}.page.frame>*{max-width:none}.bar nav,form.filters,footer form,.skip{display:none}}
`;

/** The one sheet of all pages, and the address under which it never changes. */
export const SHEET = `${PAGE_STYLE}${FRAME_STYLE.replaceAll('\n', '')}`;
export const SHEET_PATH = `/assets/${createHash('sha256').update(SHEET).digest('hex').slice(0, 16)}.css`;

/** Two sets and what they share: the picture of the headline. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#3f7fb5" d="M1 3h10v4H1z"/><path fill="#c77f12" d="M5 9h10v4H5z"/><path fill="#173a5e" d="M5 3h6v4H5zM5 9h6v4H5z"/></svg>';
export const ICON_PATH = '/assets/icon.svg';

export interface Frame {
  readonly title: string;
  /** Empty: none. */
  readonly lead: string;
  /** The navigation; `current` is the path of this page. */
  readonly pages: readonly { readonly path: string; readonly label: string }[];
  readonly current: string;
  readonly filters: Html | '';
  /** What every number of the page is quoted with; absent where there are none. */
  readonly quoted?: string;
  /** Whether somebody has signed in with a key. */
  readonly signedIn: boolean;
  /** Marks of the numbers, e.g. that small cells are held back; empty where there are none. */
  readonly remark: string;
  /** The remark is about every number of the page and stands above them. */
  readonly isPartView: boolean;
  readonly body: Html;
}

/** A whole page. */
export function pageHtml(frame: Frame): string {
  const { title, current } = frame;
  return markupOf(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – kubecensus</title>
<link rel="icon" href="${ICON_PATH}" type="image/svg+xml">
<link rel="stylesheet" href="${SHEET_PATH}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="bar"><div><a class="name" href="/">kubecensus</a><nav aria-label="Pages"><ul>${frame.pages.map(
    ({ path, label }) =>
      html`<li><a href="${path}"${path.split('?')[0] === current ? html` aria-current="page"` : ''}>${label}</a></li>`,
  )}</ul></nav></div></header>
<main id="content" class="page frame">
<div class="head"><h1>${title}</h1>${frame.lead === '' ? '' : html`<p class="lead">${frame.lead}</p>`}${frame.filters}${frame.quoted === undefined ? '' : html`<p class="meta quoted">${frame.quoted}</p>`}${frame.isPartView ? html`<p class="meta">${frame.remark}</p>` : ''}</div>
${frame.body}
</main>
<footer>${frame.isPartView || frame.remark === '' ? '' : html`<p>${frame.remark}</p>`}<p>${
    frame.signedIn
      ? html`<form method="post" action="/session/end"><button>Sign out</button></form>`
      : html`<a href="/session">Sign in with an API key</a>`
  } · <a href="/v1/openapi.json">API</a> · <a href="/method">Method and limits</a></p></footer>
</body>
</html>
`);
}

/** The choice of survey. */
export function surveySelect(surveys: readonly CountedSurvey[], chosen: string): Html {
  return html`<label><span>Survey</span><select name="survey">${surveys.map(
    (one) => html`<option value="${one.id}"${one.id === chosen ? html` selected` : ''}>${surveyWords(one)}</option>`,
  )}</select></label>`;
}

/** How, when, where and from what evidence a survey was made, and what its numbers miss. */
export function quotedWith(survey: CountedSurvey | undefined): { readonly quoted?: string } {
  if (survey === undefined) return {};
  const { id, method, vantage, evidence, window, state, sample, flags } = survey;
  const times = [window.from, window.to].map((one) => (one === null ? '–' : writtenTime(one.toISOString())));
  const facts = [
    `Survey ${id}: ${method}, ${state}, from ${times.join(' to ')}`,
    `vantage ${vantage}`,
    `evidence: ${evidence.join(', ')}`,
    ...(sample === null ? [] : [`a sample of ${percent(sample)}`]),
  ];
  const marks = flags.map((flag) => ` Mind that ${SURVEY_FLAGS[flag]}.`);
  return { quoted: `${facts.join('; ')}.${marks.join('')}` };
}

function surveyWords({ id, method, window, createdAt }: CountedSurvey): string {
  return `${writtenTime((window.from ?? createdAt).toISOString())}, ${method} (${id})`;
}
