// JSON documents out of a stream of text: one a line (NDJSON), or spread over lines as people and tools print them.

/** Longer than any evidence that is read (its parts are capped well below); a document without end must not fill the memory. */
const MAX_DOCUMENT = 8 * 1024 * 1024;

/**
 * One text per document. A line that opens and closes an object is a document of its own, whatever stands in it; an object that is left open
 * goes on until its brackets close. A line that starts a new object at its first column ends one that never closed, so that a cut line
 * spoils itself only. Blank lines are skipped.
 */
export class JsonDocuments {
  /** The line that has not ended yet. */
  #line = '';
  /** The lines of an object that is open. */
  #open: string[] = [];
  #size = 0;
  readonly #brackets = new Brackets();

  /** The next piece of the text, cut anywhere; returns the documents that end in it. */
  read(piece: string): readonly string[] {
    const documents: string[] = [];
    let start = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      this.#take(this.#line + piece.slice(start, end), documents);
      this.#line = '';
      start = end + 1;
    }
    this.#line += piece.slice(start);
    if (this.#line.length > MAX_DOCUMENT) this.#endLine(documents);
    return documents;
  }

  /** The text has ended. */
  end(): readonly string[] {
    const documents: string[] = [];
    this.#endLine(documents);
    if (this.#open.length > 0) documents.push(this.#open.join('\n'));
    this.#open = [];
    return documents;
  }

  #endLine(documents: string[]): void {
    this.#take(this.#line, documents);
    this.#line = '';
  }

  #take(line: string, documents: string[]): void {
    if (this.#open.length > 0 && (line.startsWith('{') || this.#size > MAX_DOCUMENT)) {
      documents.push(this.#open.join('\n'));
      this.#open = [];
    }
    if (this.#open.length === 0) {
      const text = line.trim();
      if (text === '') return;
      if (!text.startsWith('{') || text.endsWith('}')) {
        documents.push(text);
        return;
      }
      this.#brackets.reset();
      this.#size = 0;
    }
    this.#open.push(line);
    this.#size += line.length;
    this.#brackets.read(line);
    if (!this.#brackets.closed) return;
    documents.push(this.#open.join('\n'));
    this.#open = [];
  }
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
