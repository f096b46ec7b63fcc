/** A text in one line: control characters, and white space of any length, become one blank each. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ").trim();
}

/** What somebody else wrote, in one line of at most 300 characters: an error's metadata travels in a header. */
export function excerpt(text: string): string {
  const line = oneLine(text);
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}
