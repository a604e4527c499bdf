/** English: problems of the API that the pages say in the reader's language. */
export const en = {
  "problem.quota.title": "Too much is under way",
  "problem.quota": "Your organisation has as many imports under way as it may. Wait until some have ended, then try again.",
  "problem.same-file.title": "This file was imported before",
  "problem.same-file": "A file with the same content was imported before. Importing it again does not duplicate rows.",
  "problem.expired.title": "It is not kept any more",
  "problem.expired": "What this needs was kept until {expired_at}. Import the file again.",
  "problem.overtaken.title": "A newer file was loaded before",
  "problem.overtaken": "Job {overtaken_by} has loaded a newer file of the drop folder. If that one is complete, there is nothing to do.",
};
