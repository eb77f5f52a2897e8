// Spreadsheets run text that looks like a formula; text from certificates and servers is written by strangers.

/** Characters that make a spreadsheet read a cell as a formula (OWASP, CSV injection). */
const STARTS_FORMULA = /^[=+\-@\t\r\n\0]/;

/** Text for a CSV cell: text that would start a formula gets a leading apostrophe, numbers and booleans stay as they are. */
export function csvText(text: string, type: string): string {
  return type !== 'number' && type !== 'boolean' && STARTS_FORMULA.test(text) ? `'${text}` : text;
}
