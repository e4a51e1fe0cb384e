// What organisations have stored with a vendor, such as responses that a later request continues. In memory, bounded,
// and each organisation sees only its own.

/** Enough for any test; the oldest go first. */
const DOCUMENTS_MAX = 10_000

/** One organisation's view. */
export interface StoredDocuments {
  get(id: string): unknown
  set(id: string, document: unknown): void
  /** Answers whether there was one. */
  delete(id: string): boolean
}

export interface DocumentStore {
  of(vendor: string, organisation: string): StoredDocuments
}

export function createDocumentStore(): DocumentStore {
  const documents = new Map<string, unknown>()
  return {
    of(vendor, organisation) {
      const nameOf = (id: string) => JSON.stringify([vendor, organisation, id])
      return {
        get: (id) => documents.get(nameOf(id)),
        set(id, document) {
          documents.set(nameOf(id), document)
          for (const name of documents.keys()) {
            if (documents.size <= DOCUMENTS_MAX) break
            documents.delete(name)
          }
        },
        delete: (id) => documents.delete(nameOf(id)),
      }
    },
  }
}
