/** What a service needs of its hosts to outlive the loss of one of them. */
export interface Redundancy {
  /** Hosts at least. */
  readonly atLeast: number
  /** Whether most of its hosts have to agree. An even number of them then outlives no more than the odd one below it. */
  readonly majority: boolean
  /** How many of its hosts may be lost at once; less than half where most of them have to agree, and else all but one, unless told. */
  readonly mayLose?: number
  /** Lists of its hosts of which each may lose so many by itself, such as the pools of an object store; all of them together unless told. */
  readonly groups?: readonly (readonly string[])[]
  /** Why that many, as a sentence for people. */
  readonly because: string
}
