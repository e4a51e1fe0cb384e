// What stops the catalogue from being built: a table that does not agree with the package, or with the rules of a price file.
export class CatalogueError extends Error {
  override name = 'CatalogueError'
}
