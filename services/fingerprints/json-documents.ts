// JSON documents from lines: one a line (NDJSON), or spread over lines as people and tools print them.

/** Longer than any evidence that is read (its parts are capped well below); a document without end must not fill the memory. */
const MAX_DOCUMENT = 8 * 1024 * 1024;

/**
 * Yields one text per document. A line that opens and closes an object is a document of its own, whatever stands in it; an object that is left open
 * goes on until its brackets close. A line that starts a new object at its first column ends one that never closed, so that a cut line
 * spoils itself only. Blank lines are skipped.
 */
export async function* jsonDocuments(lines: AsyncIterable<string>): AsyncIterable<string> {
  let open: string[] = [];
  let size = 0;
  const brackets = new Brackets();
  for await (const line of lines) {
    if (open.length > 0 && (line.startsWith('{') || size > MAX_DOCUMENT)) {
      yield open.join('\n');
      open = [];
    }
    if (open.length === 0) {
      const text = line.trim();
      if (text === '') continue;
      if (!text.startsWith('{') || text.endsWith('}')) {
        yield line;
        continue;
      }
      brackets.reset();
      size = 0;
    }
    open.push(line);
    size += line.length;
    brackets.read(line);
    if (brackets.closed) {
      yield open.join('\n');
      open = [];
    }
  }
  if (open.length > 0) yield open.join('\n');
}

/** Counts brackets outside strings. */
class Brackets {
  #depth = 0;
  #inString = false;

  reset(): void {
    this.#depth = 0;
    this.#inString = false;
  }

  get closed(): boolean {
    return this.#depth <= 0;
  }

  /** A string never spans lines in JSON, so an open one ends with its line. */
  read(line: string): void {
    this.#inString = false;
    for (let i = 0; i < line.length; i++) {
      const char = line[i];
      if (this.#inString) {
        if (char === '\\') i++;
        else if (char === '"') this.#inString = false;
      } else if (char === '"') this.#inString = true;
      else if (char === '{' || char === '[') this.#depth++;
      else if (char === '}' || char === ']') this.#depth--;
    }
  }
}
