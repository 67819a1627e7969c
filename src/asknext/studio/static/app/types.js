/**
 * What the server says and takes, as types. There is no code here.
 *
 * @typedef {{class: string} | {kind: "out-of-scope" | "unsure" | "skipped"}} Answer
 *
 * @typedef {{text: string, long?: boolean}} TextContent
 * @typedef {{image: string, width: number, height: number, name: string}} ImageContent
 * @typedef {{columns: Array<[string, string | number | boolean | null]>}} TableContent
 *
 * @typedef {object} Served
 * @property {number} item
 * @property {"asked" | "left over" | "again" | "random" | "second opinion"} slot
 * @property {number | null} round
 * @property {TextContent | ImageContent | TableContent} content
 * @property {Answer | null} answer
 * @property {{name: string, p: number} | null} model
 * @property {boolean} several whether people have said several things, so that a correction is the last word
 * @property {boolean} decided whether the last word was spoken
 *
 * @typedef {{opinions: {actor: string, answer: Answer}[], majority: Answer,
 *   dawid_skene: {answer: Answer, p: number} | null}} Opinions
 *
 * @typedef {{name: string, count: number, provisional?: boolean}} Class
 *
 * @typedef {"viewer" | "annotator" | "owner"} Role
 *
 * @typedef {{name: string, role: Role, answers: number, seconds: number | null, last: number | string | null}} Person
 *
 * @typedef {object} Pair two people and what both answered; `names` label rows (a) and columns (b) of `confusion`
 * @property {string} a
 * @property {string} b
 * @property {number} items
 * @property {number | null} percent
 * @property {number | null} kappa
 * @property {string[]} names
 * @property {number[][]} confusion
 *
 * @typedef {{items: number, percent: number | null, alpha: number | null, low: number | null, high: number | null,
 *   pairs: Pair[]}} Agreement
 *
 * @typedef {object} Project
 * @property {string} name
 * @property {string} id
 * @property {"image" | "text" | "table"} kind
 * @property {number} n
 * @property {string} encoder
 * @property {string} encoder_note
 * @property {string} strategy
 * @property {string} learner
 * @property {string} actor who is here
 * @property {Role} role
 * @property {boolean} several whether there are other people
 * @property {Class[]} classes
 *
 * @typedef {object} Point
 * @property {number} round
 * @property {number} labelled
 * @property {number | null} churn
 * @property {number | null} agreement
 * @property {number | null} exploration
 * @property {Estimate | number | null} accuracy
 * @property {number | null} classes
 *
 * @typedef {{value: number, low: number, high: number, n: number}} Estimate
 *
 * @typedef {object} Evidence
 * @property {string} speaks_for
 * @property {string} figure
 * @property {number | null} value
 * @property {number} threshold
 * @property {boolean} fired
 * @property {string} why
 *
 * @typedef {object} Job
 * @property {"idle" | "running" | "failed"} state
 * @property {string | null} kind
 * @property {number | string | null} since
 * @property {string | null} error
 *
 * @typedef {object} Reason
 * @property {string | null} strategy
 * @property {string} sentence
 * @property {number | null} round
 * @property {number | null} rank
 * @property {number | null} of
 * @property {number | null} score
 * @property {string} told
 * @property {Record<string, number>} parts
 * @property {{name: string, p: number}[]} likeliest
 * @property {{item: number, answer: Answer, distance: number}[]} neighbours
 *
 * @typedef {object} Status
 * @property {number} seq
 * @property {number} answered
 * @property {number} labelled
 * @property {number} out_of_scope
 * @property {number} unsure
 * @property {number} skipped
 * @property {number} left
 * @property {number | null} round
 * @property {Class[]} classes
 * @property {{per_minute: number | null, median_seconds: number | null}} pace
 * @property {Job} job
 * @property {{round: number, age: number} | null} ranking
 * @property {{action: string, sentence: string, evidence: Evidence[]} | null} advice
 * @property {Estimate | null} accuracy
 * @property {Point[]} series
 */
export {};
