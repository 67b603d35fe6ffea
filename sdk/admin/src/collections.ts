import {
  type CollectionInfo,
  type IndexRequest,
  type Page,
  type PageOptions,
  path,
  type Rules,
  type Transport,
} from "@ashlar/sdk"
import { toQuery } from "./paging.ts"

/** What of a collection can be chosen. */
export interface CollectionSettings {
  /** What is left out stays as it is; in a new collection it is null: members only. */
  readonly rules?: Partial<Rules>
  /** The whole list: an index that is not in it is dropped. */
  readonly indexes?: readonly IndexRequest[]
}

export interface Collections {
  list(project: string, page?: PageOptions): Promise<Page<CollectionInfo>>
  get(project: string, name: string): Promise<CollectionInfo>
  /** Fields that are `encrypted` are, for as long as the collection is there. */
  create(
    project: string,
    input: CollectionSettings & { readonly name: string; readonly encrypted?: readonly string[] },
  ): Promise<CollectionInfo>
  update(project: string, name: string, settings: CollectionSettings): Promise<CollectionInfo>
  /** Deletes the collection with all its documents. There is no way back. */
  delete(project: string, name: string): Promise<void>
}

export function createCollections(transport: Transport): Collections {
  return {
    list: (project, page) => transport.json({ path: path`/v1/projects/${project}/collections`, query: toQuery(page) }),
    get: (project, name) => transport.json({ path: path`/v1/projects/${project}/collections/${name}` }),
    create: (project, input) =>
      transport.json({ method: "POST", path: path`/v1/projects/${project}/collections`, json: input }),
    update: (project, name, settings) =>
      transport.json({ method: "PATCH", path: path`/v1/projects/${project}/collections/${name}`, json: settings }),
    delete: (project, name) =>
      transport.json({ method: "DELETE", path: path`/v1/projects/${project}/collections/${name}` }),
  }
}
