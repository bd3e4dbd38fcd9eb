// Package slurm shares the trials of an experiment out over a cluster: it writes the scripts of an array of tasks and of a last job that draws
// the tables, and hands them to sbatch.
//
//	./reproduce.sh table1 --on slurm --partition P    # an array of tasks for the missing trials, and a job behind it that draws the tables
//	./reproduce.sh table1 --on slurm --dry-run        # the scripts
//
// Nothing in it is needed where there is no Slurm. Processes that see the same folder share a sweep by themselves: start the command as often as
// you like. Each trial has a lock with host and process, a record and checkpoints of its own, all replaced as whole files; one whose owner
// has died is taken over, on another machine after a minute of silence. No lock is relied on for what is right: two processes that
// train the same trial write the same. For engines that number their tasks there are shares:
//
//	./reproduce.sh table1 --shard 2/4                 # the second quarter of the trials
//	./reproduce.sh table1 --collect                   # the tables, from what is finished
//
// With GNU parallel: parallel ./reproduce.sh table1 --shard {}/4 ::: 1 2 3 4. On Kubernetes an indexed job on a shared volume does it:
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
