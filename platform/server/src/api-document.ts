import type { DocumentOptions } from "@ashlar/openapi"

/** What the documents of the platform's API say of it as a whole. */
export function apiDocument(version: string): DocumentOptions {
  return {
    title: "Ashlar",
    version,
    description: "The platform's API, written from the table that serves it.",
    license: { name: "MIT", identifier: "MIT" },
    tags: {
      service: "Health, metrics, and what this install can do",
      people: "Accounts and sessions of the people who use this install",
      organizations: "Who owns projects, and who works on all of them",
      projects: "Projects, and what happened in them",
      members: "Who works on a project",
      keys: "What apps and servers call a project with",
      "app users": "Users of a project's app, who sign in with a key of the project",
      collections: "Collections, with their rules and indexes",
      documents: "Documents, as the rules of their collection let a caller",
      kms: "Keys of a project, for encryption and signatures",
      secrets: "What functions need of other services",
      functions: "Functions, their versions and logs, and calls of them",
    },
    includes: (record) => record.meta.entry !== undefined && record.name !== undefined,
    undescribed: "refuse",
  }
}
