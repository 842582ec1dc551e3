/*
 * ending LOCK: holds a daemon's lock as one does that was killed while it waits in the kernel. Its
 * first thread is gone, so that the process is a zombie to all who ask, but another thread lives.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static void *wait_in_the_kernel(void *unused)
{
	pause();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int lock = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) || dprintf(lock, "%d", getpid()) < 0 ||
	    pthread_create(&thread, NULL, wait_in_the_kernel, NULL))
		return 1;
	puts("held");
	fflush(stdout);
	pthread_exit(NULL);
}
