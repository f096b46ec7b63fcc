/** Reads the properties of a parsed JSON object by type; whatever has another type becomes a problem. */
export class FieldReader {
  readonly problems: { field: string; message: string }[] = [];
  readonly #fields: Record<string, unknown>;

  constructor(fields: Record<string, unknown>) {
    this.#fields = fields;
  }

  /** A string; "" when there is none. */
  text(name: string, { required = false } = {}): string {
    const value = this.#get(name);
    if (typeof value === "string" && (value !== "" || !required)) return value;
    if (value !== undefined && typeof value !== "string") this.#refuse(name, "must be a string");
    else if (required) this.#refuse(name, "is required");
    return "";
  }

  texts(name: string): string[] {
    const value = this.#get(name) ?? [];
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    this.#refuse(name, "must be an array of strings");
    return [];
  }

  number(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
    this.#refuse(name, "must be a number");
    return undefined;
  }

  /** A whole number of units; undefined when there is none. */
  units(name: string): bigint | undefined {
    const value = this.number(name);
    if (value === undefined) return undefined;
    if (Number.isSafeInteger(value)) return BigInt(value);
    this.#refuse(name, "must be a whole number");
    return undefined;
  }

  object(name: string): FieldReader | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value === "object" && !Array.isArray(value)) {
      return new FieldReader(value as Record<string, unknown>);
    }
    this.#refuse(name, "must be an object");
    return undefined;
  }

  /** Absent and null are the same. */
  #get(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  #refuse(field: string, message: string): void {
    this.problems.push({ field, message });
  }
}
