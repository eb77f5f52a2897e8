// The style sheet of report pages: a printed page on a screen. One column, paper and ink, light and dark, phone and print.
import { CHART_RULES, paletteVariables } from './charts/palette.ts';

const LAYOUT = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--kc-paper);color:var(--kc-ink);font:17px/1.6 Charter,"Bitstream Charter","Iowan Old Style","Source Serif 4",Georgia,"DejaVu Serif",serif;overflow-wrap:break-word}
.page{max-width:1104px;margin:0 auto;padding:2.2rem 1.25rem 4rem;display:grid;grid-template-columns:minmax(0,1fr);gap:0 3.5rem}
main,header{max-width:720px;min-width:0;width:100%;margin:0 auto}
a{color:var(--kc-plain);text-decoration-thickness:1px;text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--kc-version-endpoint);outline-offset:2px}
h1,h2,h3,nav,table,.tile,figcaption,summary,.overline,.meta,.links,.note b{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
h1{font-size:clamp(1.75rem,1.2rem + 2.4vw,2.6rem);line-height:1.12;letter-spacing:-.02em;margin:.2rem 0 .8rem;text-wrap:balance}
h2{font-size:1.42rem;line-height:1.25;letter-spacing:-.01em;margin:3.4rem 0 .8rem;padding-top:1rem;border-top:2px solid var(--kc-ink);text-wrap:balance}
h3{font-size:1.02rem;line-height:1.35;margin:0 0 .7rem;text-wrap:balance}
p{margin:.7rem 0;text-wrap:pretty}
ul{margin:.7rem 0;padding-left:1.2rem}
li{margin:.3rem 0}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em;overflow-wrap:anywhere}
.overline{font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;color:var(--kc-muted);margin:0}
.lead{font-size:1.15rem;line-height:1.5;margin:.2rem 0 .6rem}
.meta{font-size:.85rem;color:var(--kc-muted);margin:0 0 1.6rem}
nav{font-size:.88rem;line-height:1.35;margin:0 auto 1rem;max-width:720px;width:100%}
nav summary{padding:.55rem 0}
nav ol{list-style:none;margin:0;padding:0}
nav li{margin:0}
nav a{display:block;padding:.34rem 0;color:inherit;text-decoration:none}
@media (max-width:1079px){nav ol{columns:2;column-gap:1.4rem}nav li{break-inside:avoid}}
nav a:hover{text-decoration:underline}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:1.1rem;margin:1.4rem 0}
.tile{border-top:5px solid var(--kc-plain);padding:.65rem 0 0;margin:0}
.tile.certificate-name{border-color:var(--kc-certificate-name)}.tile.version-endpoint{border-color:var(--kc-version-endpoint)}.tile.both{border-color:var(--kc-both)}
.tile dt{font-size:.88rem;line-height:1.35;min-height:2.7em}
.tile dd{margin:0;font-size:.85rem;line-height:1.4;color:var(--kc-muted)}
.tile dd.value{font-size:2.15rem;line-height:1.2;font-weight:650;letter-spacing:-.025em;color:var(--kc-ink);font-variant-numeric:tabular-nums}
.tile dd.value span{display:block;font-size:.88rem;font-weight:400;letter-spacing:0;line-height:1.2}
figure{margin:2rem 0;padding:0}
figure svg{display:block;width:100%;height:auto;max-width:720px}
figure .narrow{display:none}
figcaption{font-size:.85rem;line-height:1.45;color:var(--kc-muted);margin-top:.7rem}
.links{font-size:.85rem}
.links a{display:inline-block;padding:.25rem .1rem;margin-right:.7rem}
details{margin:.3rem 0}
summary{cursor:pointer;font-size:.85rem;padding:.35rem 0;color:var(--kc-plain)}
.table{margin:1.8rem 0}
figure .table{margin:.4rem 0}
.scroll{overflow-x:auto;background:linear-gradient(90deg,var(--kc-paper) 35%,transparent) 0 0/2.5rem 100% no-repeat local,linear-gradient(270deg,var(--kc-paper) 35%,transparent) 100% 0/2.5rem 100% no-repeat local,linear-gradient(90deg,var(--kc-rule),transparent) 0 0/.8rem 100% no-repeat scroll,linear-gradient(270deg,var(--kc-rule),transparent) 100% 0/.8rem 100% no-repeat scroll}
table{border-collapse:collapse;width:100%;font-size:.85rem;line-height:1.4;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.42rem .7rem .42rem 0;border-bottom:1px solid var(--kc-rule)}
th:last-child,td:last-child{padding-right:0}
thead th{vertical-align:bottom;border-bottom:1.5px solid var(--kc-ink);font-weight:600;hyphens:manual}
thead span{display:block;font-weight:400;color:var(--kc-muted)}
tbody th{font-weight:500;min-width:8.5em}
td.number,th.number{text-align:right;white-space:nowrap}
thead th.number{white-space:normal}
td.prose{min-width:11em}
td.time{min-width:7.4em}
.note{margin:1.4rem 0;padding:.15rem 0 .15rem 1rem;border-left:4px solid var(--kc-plain);font-size:.96rem}
.note p{margin:.3rem 0}
.note b{font-size:.9rem}
.note.caution{border-color:var(--kc-end-of-life)}.note.advice{border-color:var(--kc-supported)}
@media (min-width:1080px){
.page{grid-template-columns:minmax(0,720px) 240px;justify-content:center}
header{grid-column:1;margin:0}
main{grid-column:1;margin:0}
nav{grid-column:2;grid-row:1/span 2;margin:0;position:sticky;top:2.2rem;align-self:start;max-height:calc(100vh - 4rem);overflow-y:auto;border-left:1px solid var(--kc-rule);padding-left:1.2rem}
}
@media (max-width:600px){
body{font-size:16px}
.page{padding:1.4rem 1.25rem 3rem}
figure .wide{display:none}
figure .narrow{display:block}
figure .narrow svg{max-width:440px}
.tile dt{min-height:0}
h2{margin-top:2.6rem}
}
@media print{
body{font-size:10.5pt;background:#fff}
.page{display:block;padding:0;max-width:none}
main,header{max-width:none}
nav,details:not([open]),.links{display:none}
figure .wide{display:block}
figure .narrow{display:none}
h2,h3{break-after:avoid}
figure,tr,.note,.tile{break-inside:avoid}
a{color:inherit;text-decoration:none}
.scroll{overflow:visible;background:none}
table{font-size:8pt}
td,th{padding-right:.5rem}
tbody th{min-width:7em}
td.prose,td.time{min-width:0}
}`;

const COLOURS = `:root{${paletteVariables('light')}}@media (prefers-color-scheme:dark){:root{${paletteVariables('dark')}}}@media print{:root{${paletteVariables('light')}}}`;

export const PAGE_STYLE = `${COLOURS}${CHART_RULES}${LAYOUT}`.replaceAll('\n', '');
