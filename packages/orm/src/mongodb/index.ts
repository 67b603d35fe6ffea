/** MongoDB behind models of the same kind. Needs the package `mongodb`. */
export type { MongoOperator } from "./mongo-conditions.ts"
export { type MongoDatabase, type MongoOptions, openMongo } from "./mongo-database.ts"
export { createIndexes, MongoModel, type MongoModelClass, type MongoRow } from "./mongo-model.ts"
export type { Page, PageOptions } from "./mongo-page.ts"
export { MongoQuery } from "./mongo-query.ts"
