"""All that outlives a process: the jobs in Postgres and the pictures in the bucket."""
