/** Fields that a model gave. @module */

/** Leaves out the fields that were not given: they would be written as null. */
export function definedFields<Fields extends Readonly<Record<string, string | undefined>>>(
  fields: Fields,
): { [Name in keyof Fields]?: string } {
  return JSON.parse(JSON.stringify(fields));
}
