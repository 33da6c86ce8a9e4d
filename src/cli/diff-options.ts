/** How a review is printed: for a terminal, for a pull request, for tools. */
export const DIFF_FORMATS = ['text', 'md', 'json'] as const
export interface DiffOptions {
  readonly deployment: string
  readonly format: (typeof DIFF_FORMATS)[number]
}
