// Package slurm runs the trials of an experiment on a Slurm cluster. It writes the scripts of a job array, and of a last job that draws
// the tables, and submits both with sbatch.
//
//	./reproduce.sh table1 --on slurm --partition P    # a job array for the missing trials, then a job that draws the tables
//	./reproduce.sh table1 --on slurm --dry-run        # print the scripts
//
// Without Slurm, start the same command as often as you like: processes that see the same folder share a sweep. Each trial has its own
// lock (with host and process), record and checkpoints. Each of these files is replaced as a whole. If the owner of a lock has died,
// another process takes the trial over: at once on the same machine, after a minute without heartbeat on another. Correctness does not
// depend on locks: two processes that train the same trial write the same bytes. For job engines that number their tasks there are
// shards:
//
//	./reproduce.sh table1 --shard 2/4                 # the second of four equal parts
//	./reproduce.sh table1 --collect                   # draw the tables from finished trials
//
// With GNU parallel: parallel ./reproduce.sh table1 --shard {}/4 ::: 1 2 3 4. On Kubernetes, use an indexed job on a shared volume:
//
//	apiVersion: batch/v1
//	kind: Job
//	metadata: {name: table1}
//	spec:
//	  completions: 4
//	  parallelism: 4
//	  completionMode: Indexed
//	  template:
//	    spec:
//	      restartPolicy: OnFailure
//	      containers:
//	      - name: cenet
//	        image: golang:1.26
//	        workingDir: /src/cenet
//	        command: [sh, -c, "./reproduce.sh table1 --shard $((JOB_COMPLETION_INDEX + 1))/4"]
//	        volumeMounts: [{name: src, mountPath: /src}]
//	      volumes:
//	      - name: src
//	        persistentVolumeClaim: {claimName: src}
//
// References:
//
//	https://slurm.schedmd.com/sbatch.html
//	https://slurm.schedmd.com/job_array.html
package slurm
