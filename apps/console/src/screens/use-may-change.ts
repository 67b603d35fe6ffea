import { useQuery } from "@tanstack/react-query"
import { projectQuery } from "../queries.ts"

/** Whether the person may change a project: all its members but those who only look may. Not before it is known. */
export function useMayChange(project: string): boolean {
  const { data } = useQuery(projectQuery(project))
  return data !== undefined && data.role !== "viewer"
}
