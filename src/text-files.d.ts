/** Documents that authors import as text; `compile/load.ts` bundles them so. */
declare module '*.md' {
  const text: string
  export default text
}
