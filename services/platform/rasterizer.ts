// Pictures for programs that show no SVG: drawn as PNG by resvg where that package and a font are there, else not at all.
import { createRequire } from 'node:module';

/** Optional, with prebuilt programs: looked up by name, and done without where it is missing. */
const PACKAGE = '@resvg/resvg-js';

/** The part of the package that is used. */
interface Resvg {
  readonly Resvg: new (svg: string, options: object) => { getBBox(): unknown };
  readonly renderAsync: (svg: string, options: object) => Promise<{ asPng(): Uint8Array }>;
}

const FONT = { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' };
/** Letters alone: has no extent where no font is found, and a picture without its letters says less than none. */
const LETTERS = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text x="5" y="20" font-family="sans-serif">0aZ</text></svg>`;

/** Draws `width` pixels wide, of whole SVG text of our own making. */
export type Rasterize = (svg: string, width: number) => Promise<Uint8Array>;

/** The rasterizer of this machine, or null where the package or every font is missing. */
export function openRasterizer(): Rasterize | null {
  const resvg = load();
  if (resvg === null || (new resvg.Resvg(LETTERS, { font: FONT }).getBBox() ?? null) === null) return null;
  return async (svg, width) => {
    const options = { font: FONT, fitTo: { mode: 'width', value: width } };
    return (await resvg.renderAsync(withoutStyle(svg), options)).asPng();
  };
}

/** resvg knows no custom properties; without the style sheet every mark keeps its plain colour. */
function withoutStyle(svg: string): string {
  return svg.replace(/<style>[\s\S]*?<\/style>/, '');
}

function load(): Resvg | null {
  try {
    return createRequire(import.meta.url)(PACKAGE) as Resvg;
  } catch {
    return null;
  }
}
