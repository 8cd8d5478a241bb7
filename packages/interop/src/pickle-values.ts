/**
 * What a pickle holds beside plain values, lists and dictionaries.
 */

/** What a pickle may refer to by name: called with the arguments that follow it, or used as it is. */
export interface PickleName {
  readonly module: string;
  readonly name: string;
}

/** A tuple, to tell it from a list. */
export class PickleTuple {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** A reference by name that the hooks allowed. */
export class PickleGlobal {
  readonly global: PickleName;

  constructor(global: PickleName) {
    this.global = global;
  }
}
