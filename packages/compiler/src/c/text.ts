/**
 * Texts from outside inside a C file: identifiers, comments, string-free by design.
 *
 * Layer names, parameter paths and file names are anybody's. What becomes of them here is letters, digits and single
 * underscores, or printable ASCII that cannot end its comment; nothing of them is ever code.
 */

/** Words that C99, C11, C23 or C++ reserve, and macros of the standard headers that look like names. */
const reserved: ReadonlySet<string> = new Set(
  `alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl complex concept const
  const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern false
  float for friend fortran goto if imaginary inline int long main mutable namespace new noexcept not not_eq nullptr
  operator or or_eq private protected public register reinterpret_cast requires restrict return short signed sizeof
  static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename
  typeof union unsigned using virtual void volatile wchar_t while xor xor_eq errno assert stdin stdout stderr unix
  linux`.split(/\s+/),
);

/** True if a text may be used as a name in C and C++ as it is: no keyword, nothing reserved for the compiler. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(text) && text.length <= 63 && !text.includes('__') && !reserved.has(text);
}

/** Part of an identifier, from any text: lower-case letters, digits and single underscores; may be empty. */
export function identifierPart(text: string, longest: number = 40): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, longest);
  return plain.replace(/^_+|_+$/g, '');
}

/** Any text as the inside of a comment: one line of printable ASCII without marks of comments, trigraphs or splices. */
export function commentText(text: string, longest: number = 400): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return cut
    .replace(/[^\x20-\x7e]+/g, '.')
    .replace(/\\/g, '/')
    .replace(/\*(?=\/)|\/(?=\*)|\/(?=\/)|\?(?=\?)/g, '$& ');
}

/** A comment line. */
export function comment(text: string): string {
  return `/* ${commentText(text)} */`;
}
